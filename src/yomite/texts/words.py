"""Words that generated texts are made of. Lists of our own; none of them is taken from a data set."""


def _read_words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TECHNICAL = _read_words("""
API SDK URL HTTP HTTPS JSON YAML XML CSV SQL HTML CSS PDF GPU CPU RAM SSD HDD USB LAN WiFi VPN DNS TCP
UDP IP IoT AI ML LLM GPT OCR CNN RNN PID PWM ADC DAC LED LCD OLED GND VCC GPIO SPI I2C UART CAN DMEM DNA
RNA PCR pH ATP CO2 H2O NaCl HCl NaOH CI CD Git GitHub Docker Python Java Rust Linux Windows Mac iOS
Android AWS GCP Azure Excel Word PowerPoint Slack Zoom Teams Notion Figma React Vue Node TypeScript
PyTorch NumPy ONNX CUDA CodingAgent Agent Prompt Token Cache Server Client Web App Login Logout Password
User Admin Test Debug Release Build Deploy Branch Merge Commit Push Pull Issue Review Backend Frontend
Database Index Query Table Key Value Hash List Array String Int Float Bool True False None Null Class
Object Method Function Loop If Else Return Error Warning Log Trace Batch Epoch Loss Accuracy Train Valid
Dataset Model Layer Input Output Filter Kernel Stride Padding Softmax ReLU Attention Encoder Decoder
Transformer Embedding Sensor Motor Servo Relay Battery Robot Arm Gain Noise Signal Sample Rate Gate
Clock Reset Enable Buffer Stack Heap KPI OKR ROI PDCA MTG TODO DONE FAQ Q&A P&L B2B SaaS CRM ERP PoC MVP
UI UX QR ID PW No. Ver. vs etc. OK NG ASAP FYI FBS PBS DMSO EDTA HPLC NMR UV IR mRNA in vitro vivo
buffer stock wash spin well plate cell assay control sample
""")

ENGLISH = _read_words("""
the of and to in is for on that with as are this be it from at by an or not have can will all new more
time first how what when where why who good day week month year work team plan note memo idea next last
open close start stop check send call mail meet book read write learn study think make take give keep
find show name date page line point part case type size cost price sale shop tea coffee lunch dinner
party music movie game travel hotel train bus station airport family friend home school class teacher
student math science history English test exam hello thank you love happy birthday welcome world peace
dream summer winter spring autumn Monday Tuesday Wednesday Thursday Friday Saturday Sunday January
February March April May June July August September October November December project schedule deadline
meeting report budget design review system network data base process result method analysis figure table
summary appendix version update model input output value level high low left right up down
""")

KATAKANA = _read_words("""
アプリ サーバー クライアント データ メール ファイル フォルダ パスワード ログイン ユーザー システム
ネットワーク プログラム プロジェクト スケジュール ミーティング レビュー テスト バグ リリース デプロイ
クラウド セキュリティ バックアップ エラー コスト プラン チーム リーダー メンバー マネージャー クレーム
アンケート サンプル カタログ パンフレット イベント キャンペーン コーヒー ケーキ パスタ ピザ サラダ
スープ トマト レタス キャベツ ニンジン バナナ リンゴ オレンジ バター チーズ ミルク ソース ケチャップ
マヨネーズ フライパン オーブン レンジ ラップ タオル シャンプー ティッシュ ゴミ袋 スーパー コンビニ
ドラッグストア センサー モーター サーボ ロボット バッテリー ケーブル コネクタ スイッチ ボタン ランプ
アンプ スピーカー マイク カメラ レンズ グラフ データベース アルゴリズム パラメータ フィードバック ゲイン
ノイズ フィルタ シミュレーション モデル ベクトル エネルギー ホテル ツアー パスポート チケット タクシー
バス レンタカー ガソリン ドライブ キャンプ プール スキー テニス サッカー ゴルフ ピアノ ギター コンサート
ライブ ドラマ アニメ ゲーム ニュース ラジオ テレビ スマホ パソコン タブレット プリンタ コピー メモ
グレー ピンク ブルー グリーン レッド ブラウン ホワイト ブラック サイズ カラー デザイン ポイント カード
クーポン セール
""")

JOTTINGS = _read_words("""
買い物 牛乳 卵 食パン 豆腐 納豆 玉ねぎ じゃが芋 人参 大根 豚肉 鶏肉 合いびき肉 鮭 味噌 醤油 しょうゆ
砂糖 塩 こしょう 酢 みりん 小麦粉 片栗粉 油 ごま油 適量 少々 大さじ 小さじ 人分 みじん切り 薄切り 弱火
中火 強火 煮る 炒める 焼く 混ぜる 会議 打合せ 議題 議事録 出席者 欠席 資料 確認 連絡 報告 依頼 返信 締切
提出 予約 変更 中止 延期 未定 要検討 至急 重要 注意 見積 請求書 領収書 納品 発注 在庫 単価 数量 合計
小計 税込 税別 消費税 振込 支払 入金 値引 送料 予算 経費 売上 利益 電話 伝言 折り返し
お世話になっております よろしくお願いします ありがとうございました 了解です お疲れ様です 休み 出張 外出
病院 歯医者 薬 保険証 診察券 朝食後 食前 熱 咳 頭痛 血圧 体重 散歩 掃除 洗濯 ゴミ出し 燃えるゴミ 資源
誕生日 結婚式 宿題 数学 国語 理科 社会 英語 物理 化学 生物 歴史 地理 試験 範囲 問題 解答 公式 定義 定理
証明 例題 答え 途中式 実験 測定 結果 考察 温度 湿度 電圧 電流 抵抗 電源 信号 回転 速度 位置 誤差 周波数
振動 制御 設定 調整 初期値 閾値 目的 方法 手順 原因 対策 課題 目標 計画 進捗 担当 期限 優先度 開始 終了
完了 済 前半 後半 以上 以下 未満 約 各 計 他
""")

FAMILY_NAMES = _read_words("""
佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 井上 木村 林 斎藤 清水 山崎
森 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 斉藤 福田
太田 西村 藤井 金子 岡本 藤原 三浦 中野 中川 原田 松田 竹内 小野 田村 中山 和田 石田 森田 上田 原 内田
柴田 酒井 宮崎 横山 高木 安藤 宮本 大野 小島 谷口 今井 工藤 高田 増田 丸山 杉山 村田 大塚 新井 小山 平野
藤本 河野 上野 野口 武田 松井 千葉 岩崎 菅原 木下 久保 佐野 野村 松尾 菊池
""")

GIVEN_NAMES = _read_words("""
太郎 花子 一郎 健太 翔太 大輔 直樹 誠 浩 明 隆 茂 実 清 進 勇 拓也 和也 裕子 陽子 恵子 幸子 和子 久美子
由美子 真由美 明美 直美 智子 美咲 愛 彩 舞 葵 さくら 陽菜 結衣 美羽 凛 芽衣 蓮 悠真 湊 大翔 律 樹 陽翔
朝陽 翼 海斗 颯太 優斗 正人 雅彦 秀樹 学 恵 薫 純 忍 千尋 真琴 なおみ あゆみ みどり めぐみ かおり ひかり
つばさ 朋子 典子 俊介 慎一 康平 亮 聡 徹 剛 修 豊 博
""")

PLACES = _read_words("""
北海道札幌市中央区 青森県弘前市 岩手県盛岡市 宮城県仙台市青葉区 秋田県秋田市 山形県米沢市 福島県郡山市
茨城県つくば市 栃木県宇都宮市 群馬県高崎市 埼玉県川口市 千葉県船橋市 東京都新宿区西新宿 東京都渋谷区神南
東京都世田谷区太子堂 東京都八王子市 神奈川県横浜市港北区 神奈川県川崎市中原区 新潟県長岡市 富山県富山市
石川県金沢市 福井県福井市 山梨県甲府市 長野県松本市 岐阜県大垣市 静岡県浜松市 愛知県名古屋市中区栄
三重県四日市市 滋賀県草津市 京都府京都市左京区 大阪府大阪市北区梅田 兵庫県神戸市 奈良県奈良市
和歌山県和歌山市 鳥取県米子市 島根県松江市 岡山県倉敷市 広島県福山市 山口県下関市 徳島県徳島市
香川県高松市 愛媛県今治市 高知県高知市 福岡県福岡市博多区 佐賀県唐津市 長崎県佐世保市 熊本県熊本市
大分県別府市 宮崎県延岡市 鹿児島県霧島市 沖縄県那覇市
""")

COMPANIES = _read_words("""
株式会社ミライ (株)東都 有限会社山本商店 合同会社ソラ 日本精機(株) 大和工業 北斗電機 あおば銀行 中央病院
市役所 図書館
""")

UNITS = _read_words("""
g kg mg ml L cc mm cm m km 円 個 本 枚 人 名 回 台 件 点 % ℃ V A W Hz kHz MHz GB MB ms s 分 秒 時間 日
週間 ヶ月 年 割 倍 度 階 号
""")
